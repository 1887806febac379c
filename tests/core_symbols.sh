#!/bin/bash
# Holds what the core may call (no clock, no file, no format, no other room) and that it
# has no mutable globals. $1 is the core's archive.
set -euo pipefail
archive=$1
status=0

# The functions of OpenSSL are named one by one: a new one is a decision.
allowed='
abort calloc free malloc memchr memcmp memcpy memmove memset strchr strlen
pthread_mutex_init pthread_mutex_destroy pthread_mutex_lock pthread_mutex_unlock
BN_bn2bin BN_free BN_num_bits EVP_Digest EVP_sha256
EVP_PKEY_CTX_free EVP_PKEY_CTX_new_from_name EVP_PKEY_CTX_new_from_pkey
EVP_PKEY_CTX_set_rsa_keygen_bits EVP_PKEY_CTX_set_rsa_mgf1_md_name
EVP_PKEY_CTX_set_rsa_oaep_md_name EVP_PKEY_CTX_set_rsa_padding
EVP_PKEY_decrypt EVP_PKEY_decrypt_init EVP_PKEY_encrypt EVP_PKEY_encrypt_init
EVP_PKEY_free EVP_PKEY_fromdata EVP_PKEY_fromdata_init EVP_PKEY_generate
EVP_PKEY_get_bn_param EVP_PKEY_get_size EVP_PKEY_keygen_init
EVP_CIPHER_CTX_ctrl EVP_CIPHER_CTX_free EVP_CIPHER_CTX_new EVP_CIPHER_fetch EVP_CIPHER_free
EVP_DecryptFinal_ex EVP_DecryptInit_ex2 EVP_DecryptUpdate
EVP_EncryptFinal_ex EVP_EncryptInit_ex2 EVP_EncryptUpdate RAND_bytes RAND_priv_bytes
OSSL_PARAM_construct_BN OSSL_PARAM_construct_end
BN_bn2binpad ECDSA_SIG_free ECDSA_SIG_get0_r ECDSA_SIG_get0_s d2i_ECDSA_SIG
EVP_DigestSign EVP_DigestSignInit_ex EVP_MD_CTX_free EVP_MD_CTX_new
EVP_PKEY_Q_keygen EVP_PKEY_get_octet_string_param
SSL_CTX_ctrl SSL_CTX_free SSL_CTX_new_ex SSL_CTX_set_alpn_select_cb SSL_CTX_set_ciphersuites
SSL_CTX_set_max_early_data SSL_CTX_set_num_tickets SSL_CTX_set_options
SSL_CTX_set_recv_max_early_data SSL_CTX_set_verify SSL_CTX_up_ref SSL_CTX_use_PrivateKey
SSL_CTX_use_certificate TLS_server_method
SSL_export_keying_material SSL_is_init_finished SSL_new SSL_session_reused SSL_set_accept_state
SSL_version X509_check_private_key X509_free d2i_X509
BN_clear_free EVP_CipherFinal_ex EVP_CipherInit_ex2 EVP_CipherUpdate EVP_aes_128_gcm
EVP_KDF_CTX_free EVP_KDF_CTX_new EVP_KDF_derive EVP_KDF_fetch EVP_KDF_free
OSSL_PARAM_construct_octet_string OSSL_PARAM_construct_utf8_string
CRYPTO_clear_free EVP_PKEY2PKCS8 PKCS8_PRIV_KEY_INFO_free i2d_PKCS8_PRIV_KEY_INFO i2d_PUBKEY
BIO_clear_flags BIO_get_data BIO_meth_free BIO_meth_new BIO_meth_set_create BIO_meth_set_ctrl
BIO_meth_set_read BIO_meth_set_write BIO_new BIO_set_data BIO_set_flags BIO_set_init
ERR_clear_error SSL_ctrl SSL_do_handshake SSL_free SSL_get_error SSL_read SSL_set_bio SSL_shutdown
SSL_write_ex
__stack_chk_fail __memcpy_chk __memset_chk __memmove_chk _GLOBAL_OFFSET_TABLE_
'
# Rooms below the core.
rooms='kc_(http|json|dice|ratls|bytes|error|hex|base64|pem|reader|writer|der|oe|sgx)_'

defined=$(nm --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort -u)
wanted=$(nm --undefined-only "$archive" | awk '$1 == "U" { print $2 }' | sort -u)
[ -n "$wanted" ] || {
    echo "$archive: no symbols to judge"
    exit 1
}
for symbol in $(comm -13 <(echo "$defined") <(echo "$wanted")); do
    if ! grep -qwF -- "$symbol" <<<"$allowed" && ! grep -qE "^$rooms" <<<"$symbol"; then
        echo "core: calls $symbol, which tests/core_symbols.sh does not allow"
        status=1
    fi
done
mutable=$(size -A "$archive" | awk '$1 ~ /^\.(data|bss)$/ || $1 ~ /^\.(data|bss)\.[^r]/ { n += $2 } END { print n + 0 }')
if [ "$mutable" != 0 ]; then
    echo "core: $mutable bytes of mutable globals"
    status=1
fi
exit $status
