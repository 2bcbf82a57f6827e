-- Dismissal: why a reason does not apply, asked for before it goes into the team's file.

local server = require('escalation.server')

local M = {}

-- Effect: asks why, then carries the command out with the answer. Without an answer nothing is dismissed.
function M.ask(command, client)
  local argument = command.arguments[1]
  vim.ui.input({ prompt = ('Why is %s not needed here? '):format(argument.reason) }, function(why)
    if why then
      server.execute(client, command.command, vim.tbl_extend('force', argument, { why = vim.trim(why) }), function() end)
    end
  end)
end

return M
