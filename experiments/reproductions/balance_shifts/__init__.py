"""Study 7: does the balance of AI power shift to China because of the controls?"""
