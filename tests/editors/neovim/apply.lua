-- Types a change, has it made safe, looks at the diff, applies it, takes it back.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.with_plugin()
  local status = require('escalation').statusline
  report.status_at_rest = status()
  user.weaken()
  user.wait('the recommendation', function() return status() ~= '' end)
  report.status_recommended = status()
  report.lenses = user.lenses()
  local typed, edited = user.text(), vim.api.nvim_get_current_buf()

  user.answers['Task'] = user.task
  local statuses = {}
  require('escalation.known').listen(function() statuses[status(edited)] = true end)
  vim.cmd('EscalationRun')
  report.prefilled = user.prefilled
  user.wait('the output', function() return #vim.api.nvim_list_wins() == 2 end)
  user.wait('the preview', function() return #vim.api.nvim_list_tabpages() == 2 end)
  report.statuses = vim.tbl_keys(statuses)
  report.progress = user.progress
  report.said = user.said

  local wins = vim.api.nvim_tabpage_list_wins(0)
  report.preview = vim.tbl_map(function(win)
    return {
      text = user.text(vim.api.nvim_win_get_buf(win)),
      diff = vim.wo[win].diff,
      bar = vim.wo[win].winbar,
      is_file = vim.api.nvim_win_get_buf(win) == edited,
      is_current = win == vim.api.nvim_get_current_win(),
      at = vim.api.nvim_win_get_cursor(win)[1],
    }
  end, wins)
  user.keys('a')
  user.wait('the end of the preview', function() return #vim.api.nvim_list_tabpages() == 1 end)
  report.at_home = vim.api.nvim_get_current_buf() == edited
  report.left_over = { diff = vim.wo.diff, winbar = vim.wo.winbar, foldmethod = vim.wo.foldmethod }
  report.applied, report.modified = user.text(), vim.bo.modified
  vim.cmd('silent undo')
  report.undone_to_what_was_typed = user.text() == typed
  vim.cmd('silent redo')

  vim.cmd('EscalationRuns')
  user.wait('the list', function() return user.text():find('applied') end)
  report.runs, report.runs_bar = vim.split(user.text(), '\n'), vim.wo.winbar
  user.keys('o')
  local output = vim.iter(vim.api.nvim_list_bufs()):find(function(b) return vim.api.nvim_buf_get_name(b):match('/output$') end)
  report.output = user.text(output)
  user.keys('q')
  report.list_is_closed = #vim.fn.win_findbuf(vim.fn.bufnr('escalation://runs')) == 0

  vim.cmd('EscalationExplain')
  user.wait('the assessment', function() return vim.api.nvim_buf_get_name(0):match('%.md$') end)
  report.assessment = user.text()

  vim.cmd('checkhealth escalation')
  report.health = user.text()
end)
