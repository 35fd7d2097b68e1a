"""Study 3: do China's own chips improve fast under the controls?"""
