from escalation.cli.main import main

raise SystemExit(main())
