export GREETING='profile.d has been read'
