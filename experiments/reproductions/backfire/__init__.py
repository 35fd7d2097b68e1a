"""Study 5: do the curbs backfire, in which year, by which measure, how surely?"""
