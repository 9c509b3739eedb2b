"""What programs have in common, whatever the library and the rule: endpoints, who asks, effects, texts, tests of them.

Filled from the rows of ``models/``; a predicate that two rules need stands here.
"""
