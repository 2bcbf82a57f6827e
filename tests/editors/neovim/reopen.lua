-- Opens the editor again, and finds what was done meanwhile.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.with_plugin()
  user.wait('the word', function() return user.has_said('waits') end)
  report.said = { unpack(user.said) }
  report.tabs = #vim.api.nvim_list_tabpages()
  local edited = vim.api.nvim_get_current_buf()
  vim.cmd('EscalationPreview')
  user.wait('the preview', function() return #vim.api.nvim_list_tabpages() == 2 end)
  vim.cmd('EscalationApply')
  user.wait('the end of the preview', function() return #vim.api.nvim_list_tabpages() == 1 end)
  report.applied = user.text(edited)
end)
