"""Study 11: which policies does no other beat, and is that of history one of them?"""
