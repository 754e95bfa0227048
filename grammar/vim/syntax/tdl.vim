" Highlighting of tdc's `.td` files, for Vim and Neovim. Words are those of ../../Td.g4; a test compares them.
if exists('b:current_syntax') | finish | endif
syntax case match

syntax match tdlOperator /|>\|->\|==\|!=\|<=\|>=\|\.\.\|\*\*\|[-+*\/%@!=<>]/
syntax keyword tdlDeclaration block net chip train deploy data use tdl let param state
syntax keyword tdlControl if else repeat in return require
syntax keyword tdlWord and or not as of on for extends shared
syntax keyword tdlBoolean true false
syntax keyword tdlClause accumulate after allow alpha assert batch budget clip decay dropout emit expect freeze from init
syntax keyword tdlClause lora loss lr lr_schedule map metric mode optimizer page quantize rank schedule seed steps target
syntax keyword tdlClause update weights
syntax keyword tdlType f32 i32 i64 u8 bool class int
syntax match tdlName /\<[A-Z][A-Za-z0-9_]*\>/
syntax match tdlCall /\<[a-z_][A-Za-z0-9_]*\ze(/
syntax match tdlArgument /\<[A-Za-z_][A-Za-z0-9_]*\ze\s*:/
syntax match tdlNumber /\<\d[0-9_]*\(\.\d[0-9_]*\)\?\([eE][+-]\?\d\+\)\?\>/
syntax match tdlNumber /\<\d[0-9_]*\(\.\d[0-9_]*\)\?\([eE][+-]\?\d\+\)\?[ \t]\?\(KiB\|MiB\|GiB\|us\|ms\|kHz\|MHz\|GHz\)\>/
syntax match tdlEscape /\\./ contained
syntax region tdlString start=/"/ skip=/\\./ end=/"/ oneline contains=tdlEscape
syntax match tdlComment /\/\/.*$/
syntax match tdlDocumentation /\/\/\/\(\/\)\@!.*$/
syntax region tdlBody start=/{/ end=/}/ transparent fold

highlight default link tdlOperator Operator
highlight default link tdlDeclaration Structure
highlight default link tdlControl Statement
highlight default link tdlWord Keyword
highlight default link tdlBoolean Boolean
highlight default link tdlClause Keyword
highlight default link tdlType Type
highlight default link tdlName Type
highlight default link tdlCall Function
highlight default link tdlArgument Identifier
highlight default link tdlNumber Number
highlight default link tdlEscape SpecialChar
highlight default link tdlString String
highlight default link tdlComment Comment
highlight default link tdlDocumentation SpecialComment

let b:current_syntax = 'tdl'
