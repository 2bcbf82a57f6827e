(string) @string
(heredoc_body) @string
