(import (qualified_identifier) @module "*"? @name) @import
