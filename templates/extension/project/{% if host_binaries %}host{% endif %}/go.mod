module host-info

go 1.24
