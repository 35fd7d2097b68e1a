"""Study 12: licences against a share of revenue: what they bring, and what they cost the lead."""
