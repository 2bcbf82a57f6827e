(string) @string
(raw_string) @string
(heredoc_body) @string
