; Strings a program computes with; a string that stands alone is prose.
(string) @string
(expression_statement (string) @prose)
(concatenated_string) @string
(expression_statement (concatenated_string) @prose)
