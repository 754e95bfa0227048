# The models here and how well they do after how many updates; to be sourced after ../learns.sh.
models=(resnet8 ds_cnn mobilenet_v1 deep_ae)

# learn MODEL: makes its data, trains and tests it
learn() {
  case $1 in
    resnet8) learns resnet8 300 accuracy at_least 0.9 ;;
    ds_cnn) learns ds_cnn 600 accuracy at_least 0.85 ;;
    mobilenet_v1) learns mobilenet_v1 500 accuracy at_least 0.8 ;;
    deep_ae) learns deep_ae 2000 loss at_most 0.01 ;;
    *) echo "no model \`$1\`: resnet8, ds_cnn, mobilenet_v1 or deep_ae" >&2; return 2 ;;
  esac
}
