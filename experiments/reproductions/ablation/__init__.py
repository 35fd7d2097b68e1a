"""Study 21: does what is found of the lead survive the loss of any one mechanism?"""
