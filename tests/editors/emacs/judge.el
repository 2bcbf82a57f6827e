;;; What a user sees of the judgement; test_emacs.py judges the report.  -*- lexical-binding: t -*-
(load (expand-file-name "user.el" (file-name-directory load-file-name)) nil t)

(find-file (getenv "FILE"))
(start)
(note 'lenses_at_rest (lenses))
(note 'at_rest (seen))

(weaken "")
(note 'edited (seen))
(note 'lenses (lenses))

(goto-char (point-min))
(search-forward "def verify_pass")
(note 'actions (choose nil))
(note 'hover (hover))

(choose "Show the assessment")
(wait "the assessment" (cl-some (lambda (b) (string-suffix-p ".md" (or (buffer-file-name b) ""))) (buffer-list)))
(set-buffer (find-buffer-visiting (getenv "FILE")))
(choose "Not needed here: dismiss critical_security in this function")
(wait "no diagnostic after the dismissal" (not (seen-p "critical_security")))
(note 'dismissed (seen))

;; A restart of the server: the team's file counts, not anything the server remembered.
(eglot-shutdown (eglot-current-server) nil 20)
(start)
(note 'lenses_restarted (lenses))
(flush)
(note 'restarted (seen))

(let ((last-command nil)) (undo-only))
(wait "no lens after undo" (= 0 (length (lenses))))
(note 'undone (seen))
(leave 0)
