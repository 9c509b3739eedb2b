"""SecCodePLT+ from SecCodePLT rows: ``assemble`` → sandbox and detector (``verify``) → split by description."""
