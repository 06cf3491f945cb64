"""The page on extending read as edits, and what each kind of addition must do."""
