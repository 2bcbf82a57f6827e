; Cyclomatic complexity as radon counts it, cognitive complexity as in SonarSource's white paper.
(if_statement) @decision @structure
(elif_clause) @decision @hybrid
(for_statement) @decision @structure
(while_statement) @decision @structure
(except_clause) @decision @structure
(conditional_expression) @decision @structure @level
(boolean_operator operator: _ @operator) @boolean

(else_clause) @hybrid
(for_statement alternative: (else_clause) @decision)
(while_statement alternative: (else_clause) @decision)
(try_statement (else_clause) @decision)

; radon does not know `except*`: neither the handlers nor the else of such a try count.
(except_clause "*") @uncounted
(try_statement (except_clause "*") (else_clause) @uncounted)

(list_comprehension (if_clause) @decision)
(set_comprehension (if_clause) @decision)
(dictionary_comprehension (if_clause) @decision)
(generator_expression (if_clause) @decision)
(for_in_clause) @decision

(match_statement) @structure
(case_clause) @decision
; A case that always matches is the way out, not a decision: `_`, or a bare name, in any number of parentheses. Only the
; text tells it from `case name,`, whose comma is no part of the pattern.
((match_statement body: (block (_)* (case_clause) @_case)) @credit
  (#match? @_case "^case[\\s(]+(?!(?:None|True|False)\\b)[^\\W\\d]\\w*\\b[\\s)]*(?::|if\\b)"))

; What radon never visits.
(assert_statement) @decision
(assert_statement (_) @opaque)
(decorator) @opaque
(class_definition superclasses: (_) @opaque)

(if_statement consequence: (block) @block)
(elif_clause consequence: (block) @block)
(else_clause body: (block) @block)
(for_statement body: (block) @block)
(while_statement body: (block) @block)
(except_clause (block) @block)
(case_clause consequence: (block) @block)
(lambda) @level

; A function that only defines another one and returns it, as decorators do, is no level of its own.
(function_definition body: (block . (function_definition) @wrapped . (return_statement . (identifier) .) .))
(function_definition body: (block . (decorated_definition (function_definition) @wrapped) . (return_statement . (identifier) .) .))
