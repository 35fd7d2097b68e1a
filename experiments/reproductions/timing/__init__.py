"""Study 14: rules earlier or later, lifted or tight: does it matter when, and does it pass when they are lifted?"""
