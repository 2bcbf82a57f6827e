-- Has something done, and leaves before it is.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')

user.play(function()
  user.with_plugin({ show_output = false })
  user.weaken()
  vim.cmd('silent write')
  vim.cmd('EscalationRun ' .. user.task)
  user.wait('the strong model', function() return require('escalation').statusline():find('L4') end)
  user.report.status = require('escalation').statusline()
end)
