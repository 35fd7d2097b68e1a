"""Study 13: controls alone or with allies: what is each ally worth?"""
