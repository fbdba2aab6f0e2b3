# Words for cinderbank-render: commands, options, kinds, releases, files.
_cinderbank_render()
{
	local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}

	case $last in
	--emit) COMPREPLY=($(compgen -W "merged-env role-data hiera cinder.conf cib pcs compose systemd" -- "$word")) ;;
	--format) COMPREPLY=($(compgen -W "text json junit sarif" -- "$word")) ;;
	--merge) COMPREPLY=($(compgen -W "director server" -- "$word")) ;;
	--release) COMPREPLY=($(compgen -W "queens rocky stein train ussuri victoria wallaby xena yoga zed" -- "$word")) ;;
	-o | --output | --templates | --environment-directory) COMPREPLY=($(compgen -d -- "$word")) ;;
	-e | --environment | --template | --values | --against) COMPREPLY=($(compgen -f -- "$word")) ;;
	*) COMPREPLY=($(compgen -W "render validate explain options -e --environment-directory --templates
		--template --values --against --role --service --release --merge --emit -o --format --help --version" -- "$word")) ;;
	esac
}
complete -o filenames -F _cinderbank_render cinderbank-render
