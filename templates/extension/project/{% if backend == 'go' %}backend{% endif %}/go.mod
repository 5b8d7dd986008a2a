module backend

go 1.24
