# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real servers for the laboratory's Internet, Debian's own with configurations of their own: Postfix as the mail
# exchanger of every address there (25, and 587 for mail clients that log in), nginx as every web server (80, 443).

LAB_MAIL_USER=anna
LAB_MAIL_PASSWORD=correct-horse

lab_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=lab.example \
		-addext 'subjectAltName=DNS:mx.example,DNS:shop.example' \
		-keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>/dev/null
}

# Any domain ending in .example is local; users u0 to u4 exist and every other recipient is refused with 550 5.1.1, as
# a bot's address list deserves. What is accepted is discarded. One resolver less to wait for: no DNS at all.
lab_postfix_main() {
	cat <<-CONF
		compatibility_level = 3.6
		queue_directory = $1/queue
		data_directory = $1/data
		mail_owner = postfix
		setgid_group = postdrop
		maillog_file = $1/log
		maillog_file_prefixes = $1
		myhostname = mx.example
		inet_interfaces = all
		inet_protocols = all
		mynetworks =
		mydestination =
		alias_maps =
		alias_database =
		local_recipient_maps =
		virtual_mailbox_domains = regexp:$1/domains
		virtual_mailbox_maps = regexp:$1/users
		virtual_transport = discard:
		default_transport = discard:
		relay_transport = discard:
		disable_dns_lookups = yes
		smtp_host_lookup = native
		smtpd_peername_lookup = no
		smtpd_client_connection_count_limit = 0
		smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
		smtpd_sasl_type = cyrus
		smtpd_sasl_path = smtpd
		smtpd_sasl_local_domain = mx.example
		cyrus_sasl_config_path = $1/sasl
		smtpd_tls_cert_file = $LAB_DIR/cert.pem
		smtpd_tls_key_file = $LAB_DIR/key.pem
		smtpd_tls_security_level = may
		smtpd_tls_session_cache_database =
		default_process_limit = 200
	CONF
}

lab_postfix_master() {
	cat <<-CONF
		smtp       inet  n - n - - smtpd
		submission inet  n - n - - smtpd
		  -o smtpd_sasl_auth_enable=yes
		  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
		pickup     unix  n - n 60 1 pickup
		cleanup    unix  n - n - 0 cleanup
		qmgr       unix  n - n 300 1 qmgr
		tlsmgr     unix  - - n 1000? 1 tlsmgr
		rewrite    unix  - - n - - trivial-rewrite
		bounce     unix  - - n - 0 bounce
		defer      unix  - - n - 0 bounce
		trace      unix  - - n - 0 bounce
		verify     unix  - - n - 1 verify
		flush      unix  n - n 1000? 0 flush
		proxymap   unix  - - n - - proxymap
		smtp       unix  - - n - - smtp
		error      unix  - - n - - error
		retry      unix  - - n - - error
		discard    unix  - - n - - discard
		anvil      unix  - - n - 1 anvil
		scache     unix  - - n - 1 scache
		postlog    unix-dgram n - n - 1 postlogd
	CONF
}

lab_postfix_sasl() {
	mkdir "$1/sasl"
	cat >"$1/sasl/smtpd.conf" <<-CONF
		pwcheck_method: auxprop
		auxprop_plugin: sasldb
		mech_list: PLAIN LOGIN
		sasldb_path: $1/sasl/users.db
	CONF
	printf '%s' "$LAB_MAIL_PASSWORD" |
		saslpasswd2 -p -c -f "$1/sasl/users.db" -u mx.example "$LAB_MAIL_USER"
	chown -R root:postfix "$1/sasl"
	chmod -R u=rwX,g=rX,o= "$1/sasl"
}

lab_listens() {
	[ -n "$(ip netns exec "$1" ss -H -l -n -t "sport = :$2")" ]
}

lab_postfix() {
	local dir=$LAB_DIR/postfix
	mkdir -p "$dir/queue" "$dir/data"
	chown postfix "$dir/data"
	lab_postfix_main "$dir" >"$dir/main.cf"
	lab_postfix_master >"$dir/master.cf"
	printf '/\\.example$/ yes\n' >"$dir/domains"
	printf '/^u[0-4]@/ yes\n' >"$dir/users"
	lab_postfix_sasl "$dir"
	lab_start postfix "$LAB_NET" postfix -c "$dir" start-fg
	lab_until 20 lab_listens "$LAB_NET" 587
}

lab_site() {
	local page
	mkdir -p "$1"
	for page in index news prices contact; do
		{
			printf '<!DOCTYPE html>\n<title>%s</title>\n<h1>%s</h1>\n' "$page" "$page"
			printf '<p><a href="/index.html">home</a> <a href="/news.html">news</a> <a href="/prices.html">prices</a>\n'
			printf '<p>%060d\n' {1..40}
		} >"$1/$page.html"
	done
}

lab_nginx() {
	local dir=$LAB_DIR/nginx
	mkdir -p "$dir/tmp"
	lab_site "$dir/site"
	cat >"$dir/nginx.conf" <<-CONF
		user www-data;
		worker_processes 1;
		daemon off;
		pid $dir/pid;
		error_log $dir/error.log;
		events { worker_connections 512; }
		http {
			types { text/html html; }
			access_log $dir/access.log;
			client_body_temp_path $dir/tmp/body;
			proxy_temp_path $dir/tmp/proxy;
			fastcgi_temp_path $dir/tmp/fastcgi;
			uwsgi_temp_path $dir/tmp/uwsgi;
			scgi_temp_path $dir/tmp/scgi;
			ssl_certificate $LAB_DIR/cert.pem;
			ssl_certificate_key $LAB_DIR/key.pem;
			server {
				listen 80;
				listen [::]:80;
				listen 443 ssl;
				listen [::]:443 ssl;
				root $dir/site;
				add_header Set-Cookie visitor=7;
			}
		}
	CONF
	lab_start nginx "$LAB_NET" nginx -e "$dir/error.log" -p "$dir" -c "$dir/nginx.conf"
	lab_until 10 lab_listens "$LAB_NET" 443
}

# lab_services: both, ready for connections.
lab_services() {
	lab_certificate
	lab_postfix || {
		cat "$LAB_DIR/postfix.err" "$LAB_DIR/postfix/log" >&2
		return 1
	}
	lab_nginx || {
		cat "$LAB_DIR/nginx.err" >&2
		return 1
	}
}
