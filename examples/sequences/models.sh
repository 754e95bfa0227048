# The models here and how well they do after how many updates; to be sourced after ../learns.sh.
models=(kws har speaker char_gpt)

# learn MODEL: trains and tests it
learn() {
  case $1 in
    kws) learns kws 1200 accuracy at_least 0.95 ;;
    har) learns har 500 accuracy at_least 0.95 ;;
    speaker) learns speaker 2000 accuracy at_least 0.95 ;;
    char_gpt) learns char_gpt 4000 accuracy at_least 0.83 ;;
    *) echo "no model \`$1\`: kws, har, speaker or char_gpt" >&2; return 2 ;;
  esac
}
