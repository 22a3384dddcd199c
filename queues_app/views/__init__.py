"""Views of a few statements: look up with ownership, bind the form, one operation, render."""
