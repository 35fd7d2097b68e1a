"""Study 15: do rules that alternate cost more than steady ones of the same average?"""
