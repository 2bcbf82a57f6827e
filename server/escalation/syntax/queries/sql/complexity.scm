; Conditions of queries are no decisions of a routine; the branches of CASE are.
(case) @structure @level
(case (keyword_when) @decision)
