-- Has something done, and cancels it while the model is silent.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.with_plugin()
  user.weaken()
  local typed = user.text()
  vim.cmd('EscalationRun ' .. user.task)
  user.wait('the request to the model', user.noted)
  user.wait('the output', function() return #vim.api.nvim_list_wins() == 2 end)
  vim.cmd('EscalationCancel')
  user.wait('the word', function() return user.has_said('cancelled') end)
  user.wait_for('cancelled')
  user.wait('the end of the progress', function() return user.progress_kind == 'end' end)
  report.unchanged = user.text() == typed
  report.tabs = #vim.api.nvim_list_tabpages()
  report.status = require('escalation').statusline()
  vim.cmd('EscalationCancel')
  report.said = user.said
end)
