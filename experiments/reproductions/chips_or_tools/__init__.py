"""Study 9: sell chips and deny tools, or the reverse?"""
