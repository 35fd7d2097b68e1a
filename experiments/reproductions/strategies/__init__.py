"""Study 8: does the article's ranking of China's strategies hold?"""
