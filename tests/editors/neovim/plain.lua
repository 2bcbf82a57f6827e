-- No plugin: the menu of code actions, a question, an edit.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.without_plugin()
  user.weaken()
  local typed, edited = user.text(), vim.api.nvim_get_current_buf()
  user.answers['Opus escalation'] = { 'Show diff', 'Apply' }
  user.act('Run with Opus escalation')
  user.wait('the diff', function() return vim.api.nvim_buf_get_name(0):match('%.diff$') end)
  report.diff = user.text()
  user.wait('the edit', function() return user.text(edited) ~= typed end)
  report.prompt, report.offered, report.progress = user.prompt, user.offered, user.progress
  vim.api.nvim_set_current_buf(edited)
  report.applied = user.text()
  vim.cmd('silent undo')
  report.undone_to_what_was_typed = user.text() == typed
end)
