"""Study 16: is there a region of parameters in which full backfire is the most likely regime?"""
