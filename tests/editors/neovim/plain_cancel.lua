-- No plugin: what is under way is cancelled through its progress.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.without_plugin()
  user.weaken()
  local typed = user.text()
  user.act('Run with Opus escalation')
  user.wait('the request to the model', user.noted)
  vim.cmd('EscalationCancel')
  user.wait('the end of the progress', function() return user.progress_kind == 'end' end)
  user.wait_for('cancelled')
  report.unchanged = user.text() == typed
end)
