-- Has something done from the menu of code actions, and types in the same function meanwhile.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.with_plugin()
  user.weaken()
  user.answers['Task'] = user.task
  user.act('Run with Opus escalation')
  user.wait('the strong model', function() return require('escalation').statusline():find('L4') end)
  vim.fn.search('Whether')
  user.keys('wcwwherever<Esc>')
  report.status_then = require('escalation').statusline()
  local typed, edited = user.text(), vim.api.nvim_get_current_buf()
  user.wait('the preview', function() return #vim.api.nvim_list_tabpages() == 2 end)
  report.bar = vim.wo.winbar
  report.proposed = user.text()
  user.keys('a')
  user.wait('the refusal', function() return user.has_said('nothing was changed') end)
  report.said = user.said
  report.unchanged = user.text(edited) == typed
  local patch = table.concat(user.said, '\n'):match('git apply (%S[^\n]*)')
  report.patch = table.concat(vim.fn.readfile(patch), '\n')
  user.keys('x')
  user.wait('the end of the preview', function() return #vim.api.nvim_list_tabpages() == 1 end)
  report.applied = user.wait_for('completed').applied
end)
