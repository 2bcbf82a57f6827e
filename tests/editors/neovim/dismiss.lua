-- Dismisses a reason with a comment, and starts the server anew.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.with_plugin()
  user.weaken()
  user.answers['Why is critical_security'] = 'only used by the tests'
  user.act('Not needed here: dismiss critical_security in this function')
  user.wait('no diagnostic', function() return not user.has_diagnostic('critical_security') end)
  vim.cmd('silent write')
  user.restart()
  report.lenses = user.lenses()
  report.is_silent = not user.has_diagnostic('critical_security')
end)
