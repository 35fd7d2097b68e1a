"""Study 6: do the controls hurt the United States more than China?"""
