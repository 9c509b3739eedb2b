"""Texts, and who reads them."""

from __future__ import annotations

from real.detector.vocabulary.entry import Words

LOG_WORDS = Words(
    "audit journal log logger logging logs",
    "objects and files that note what goes on, and files of that",
    ("self.audit_log.info(...)", 'open("journal.txt", "a")'),
    "Python's documentation (logging), CWE-117 and CWE-532",
)
HTML_ESCAPING = Words(
    "esc escape escaped htmlescape sanitize sanitized",
    "functions of files that are not seen, by whose name their result may stand in the text of a page",
    ("escape_html(comment)", "helpers.sanitize_user_text(bio)"),
    "OWASP Cross Site Scripting Prevention Cheat Sheet (escaping, HTML sanitization); WordPress (esc_html)",
)
OTHER_READERS = Words(
    """bash css csv filename filter identifier javascript js json ldap like log logs markdown md path pattern quotes
    regex regexp shell slug sql url uri xpath yaml""",
    "whom an escaping function is for that is not for pages",
    ("escape_like(term)", "sanitize_filename(upload.filename)"),
    "OWASP Injection Prevention Cheat Sheet (escaping is specific to the interpreter)",
)
TEXT_WORDS = Words(
    """date error errors file filename files key label message messages msg name names prompt prompts query subject
    text time title usage""",
    "names of templates whose text no browser reads, beside those for other interpreters",
    ("SUBJECT.format(name)", "USAGE % program"),
    "Django (messages, verbose_name), RFC 5322 (Subject), Python's logging (msg) and argparse (usage)",
)
XML_FORMATS = Words(
    "atom feed rss soap svg xhtml xml",
    "names of documents that are XML",
    ("FEED_TEMPLATE.format(title)", "SOAP_BODY % values"),
    "RFC 4287 (Atom, feed), W3C (SOAP, SVG, XHTML, XML), RSS 2.0",
)
COMMAND_WORDS = Words(
    "bash cli cmd command commands powershell script shell ssh",
    "names of what takes, or is, a line of commands",
    ("self.ssh.run(line)", "RESTART_COMMAND.format(name)"),
    "POSIX (Shell and Utilities), Windows (cmd, PowerShell), RFC 4254 (exec, shell)",
)
RUNNING_WORDS = Words(
    "exec execute launch popen run spawn system",
    "names of functions that run what they are given",
    ("runner.execute(line)", "device.run_command(text)"),
    "Python's documentation (exec, subprocess.run, os.system, os.spawnv), RFC 4254 (exec)",
)
