-- Preview: what applying would make of each file, in a tab of its own: the file itself on the left, the result on the
-- right, in diff mode.

local applying = require('escalation.applying')
local server = require('escalation.server')
local words = require('escalation.words')

local M = {}

local tabs = {} -- by tab page: { run, index, left, right }

local function tab_of(workflow)
  for tab, shown in pairs(tabs) do
    if not vim.api.nvim_tabpage_is_valid(tab) then
      tabs[tab] = nil
    elseif shown.run.workflow == workflow then
      return tab, shown
    end
  end
end

-- The run whose preview is in front.
function M.shown()
  local shown = tabs[vim.api.nvim_get_current_tabpage()]
  return shown and shown.run
end

-- The lines of a text, and its 'fileformat'.
local function lines_of(text)
  local lines = vim.split(text, '\n', { plain = true })
  if lines[#lines] == '' then table.remove(lines) end
  local dos = #lines > 0 and vim.iter(lines):all(function(line) return line:sub(-1) == '\r' end)
  return dos and vim.tbl_map(function(line) return line:sub(1, -2) end, lines) or lines, dos and 'dos' or 'unix'
end

-- A buffer that holds a text and belongs to no file. It is coloured like `path`, but no FileType event starts another
-- language server on it.
local function scratch(name, path, text)
  local bufnr = vim.api.nvim_create_buf(false, true)
  local lines, format = lines_of(text)
  vim.bo[bufnr].fileformat = format
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.api.nvim_buf_set_name(bufnr, name)
  vim.bo[bufnr].bufhidden, vim.bo[bufnr].modifiable, vim.bo[bufnr].swapfile = 'wipe', false, false
  local filetype = vim.filetype.match({ filename = path, buf = bufnr })
  if filetype and not pcall(vim.treesitter.start, bufnr, vim.treesitter.language.get_lang(filetype) or filetype) then
    vim.bo[bufnr].syntax = filetype
  end
  return bufnr
end

-- Effect: a window is no longer part of a diff. What it had set would stick to its buffer.
local function release(win)
  if vim.api.nvim_win_is_valid(win) then
    vim.api.nvim_win_call(win, function() vim.cmd('diffoff') end)
    vim.wo[win].winbar = nil
  end
end

local function turn(by)
  local shown = tabs[vim.api.nvim_get_current_tabpage()]
  M.open(shown.run, (shown.index - 1 + by) % #shown.run.files + 1)
end

local function set_keys(bufnr, run)
  local function map(keys, what, action)
    vim.keymap.set('n', keys, action, { buffer = bufnr, nowait = true, desc = 'Opus escalation: ' .. what })
  end
  map('a', 'apply', function() applying.apply(run) end)
  map('x', 'discard', function() applying.discard(run) end)
  map(']f', 'next file', function() turn(1) end)
  map('[f', 'previous file', function() turn(-1) end)
  map('q', 'close', function() M.close(run.workflow) end)
end

-- What stands over the result: which file, what was done, and the keys.
local function title(run, index, sides)
  local place = #run.files > 1 and ('%s (%d/%d)'):format(sides.path, index, #run.files) or sides.path
  local note = sides.conflict and 'CANNOT BE APPLIED: it ' .. sides.conflict
    or (not sides.after and 'deleted') or (not sides.before and 'new') or (sides.rebased and 'with your edits') or ''
  local doubt = run.verified == false and 'NOT verified' or ''
  local keys = #run.files > 1 and 'a apply  x discard  ]f next  q close' or 'a apply  x discard  q close'
  return words.joined(place, note, doubt, words.arrows(run.tier or ''), words.usd(run.cost), keys):gsub('%%', '%%%%')
end

local function windows(run)
  local tab, shown = tab_of(run.workflow)
  local whole = shown and vim.api.nvim_win_is_valid(shown.left) and vim.api.nvim_win_is_valid(shown.right)
  if whole then
    vim.api.nvim_set_current_tabpage(tab)
    release(shown.left)
    release(shown.right)
    return shown
  end
  vim.cmd('tab split')
  local left = vim.api.nvim_get_current_win()
  vim.cmd('rightbelow vertical split')
  shown = { run = run, left = left, right = vim.api.nvim_get_current_win() }
  tabs[vim.api.nvim_get_current_tabpage()] = shown
  return shown
end

local function show(run, index, sides)
  local shown = windows(run)
  shown.run, shown.index = run, index
  local name = ('escalation://%s/%s'):format(run.workflow, sides.path)
  local before
  if sides.before then
    before = vim.uri_to_bufnr(sides.uri)
    vim.fn.bufload(before)
    vim.bo[before].buflisted = true
  else
    before = scratch(name .. ' (none)', sides.path, '')
  end
  local after = scratch(name, sides.path, sides.after or '')
  vim.api.nvim_win_set_buf(shown.left, before)
  vim.api.nvim_win_set_buf(shown.right, after)
  set_keys(after, run)
  vim.api.nvim_create_autocmd('BufWinLeave', { buffer = after, callback = function() release(shown.left) end })
  for _, win in ipairs({ shown.left, shown.right }) do
    vim.api.nvim_win_call(win, function() vim.cmd('diffthis') end)
  end
  vim.wo[shown.left].winbar = ' ' .. sides.path:gsub('%%', '%%%%') .. ', as it is'
  vim.wo[shown.right].winbar = ' ' .. title(run, index, sides)
  vim.api.nvim_set_current_win(shown.right)
  vim.cmd('diffupdate')
  vim.cmd('normal! gg')
  if vim.fn.diff_hlID(1, 1) == 0 then pcall(vim.cmd, 'normal! ]c') end
end

-- Effect: the diff of a file of the result (the first one, if none is named) is in front.
function M.open(run, index)
  index = index or 1
  local file = run.files[index]
  if not file then return words.tell('there is no result to show') end
  local client = vim.lsp.get_client_by_id(run.client_id) or server.client()
  if not client then return end
  server.request(client, 'escalation/preview', { workflow = run.workflow, path = file.path }, function(sides)
    show(run, index, sides)
  end)
end

-- Effect: the tab of a run's preview is gone, if there is one.
function M.close(workflow)
  local tab, shown = tab_of(workflow)
  if not tab then return end
  tabs[tab] = nil
  release(shown.left)
  release(shown.right)
  if #vim.api.nvim_list_tabpages() > 1 then
    vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(tab))
  elseif vim.api.nvim_win_is_valid(shown.right) then
    vim.api.nvim_win_close(shown.right, true)
  end
end

return M
