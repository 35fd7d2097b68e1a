"""Study 2: does software efficiency make up for denied chips?"""
