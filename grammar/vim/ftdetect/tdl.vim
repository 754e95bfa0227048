" TableGen owns `.td` too: the first line tells.
autocmd BufNewFile,BufRead *.td if getline(1) =~# '^\s*tdl\s\+1\>' | setlocal filetype=tdl | endif
