"""HTTP surface for programs: notices of money, evidence pictures, lanes and books."""
