#include "image/x86.h"

#include "base/reader.h"

/*
 * What stands behind each opcode. M: ModRM; m: ModRM and imm8; Z: ModRM and imm16/32 by operand
 * size; G, g: group 3, whose first two members have an immediate; b, w, z, e, v, o: imm8, imm16,
 * imm16/32, imm16 and imm8, imm up to 64, an address; j, J: an 8 or 32-bit displacement; '.':
 * nothing; p: prefix; R: REX; '>': an escape to another map; x: no such instruction.
 */
static const char one_byte[] = "MMMMbzxxMMMMbzx>" /* 00 */
                               "MMMMbzxxMMMMbzxx" /* 10 */
                               "MMMMbzpxMMMMbzpx" /* 20 */
                               "MMMMbzpxMMMMbzpx" /* 30 */
                               "RRRRRRRRRRRRRRRR" /* 40 */
                               "................" /* 50 */
                               "xx>MppppzZbm...." /* 60 */
                               "jjjjjjjjjjjjjjjj" /* 70 */
                               "mZxmMMMMMMMMMMMM" /* 80 */
                               "..........x....." /* 90 */
                               "oooo....bz......" /* a0 */
                               "bbbbbbbbvvvvvvvv" /* b0 */
                               "mmw.>>mZe.w..bx." /* c0 */
                               "MMMMxxx.MMMMMMMM" /* d0 */
                               "jjjjbbbbJJxj...." /* e0 */
                               "p.pp..gG......MM" /* f0 */;

static const char two_byte[] = "MMMMx.....x.xM.m" /* 0f 00 */
                               "MMMMMMMMMMMMMMMM" /* 0f 10 */
                               "MMMMxxxxMMMMMMMM" /* 0f 20 */
                               "......x.>x>xxxxx" /* 0f 30 */
                               "MMMMMMMMMMMMMMMM" /* 0f 40 */
                               "MMMMMMMMMMMMMMMM" /* 0f 50 */
                               "MMMMMMMMMMMMMMMM" /* 0f 60 */
                               "mmmmMMM.MMxxMMMM" /* 0f 70 */
                               "JJJJJJJJJJJJJJJJ" /* 0f 80 */
                               "MMMMMMMMMMMMMMMM" /* 0f 90 */
                               "...MmMMM...MmMMM" /* 0f a0 */
                               "MMMMMMMMMMmMMMMM" /* 0f b0 */
                               "MMmMmmmM........" /* 0f c0 */
                               "MMMMMMMMMMMMMMMM" /* 0f d0 */
                               "MMMMMMMMMMMMMMMM" /* 0f e0 */
                               "MMMMMMMMMMMMMMMM" /* 0f f0 */;

enum map { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A };

struct state {
    struct kc_reader r;
    enum map map;
    uint8_t opcode;
    uint8_t modrm;
    bool operand16; /* prefix 66 */
    bool address32; /* prefix 67 */
    bool wide;      /* REX.W */
    bool vector;    /* VEX or EVEX */
};

static uint8_t reg_of(uint8_t modrm)
{
    return modrm >> 3 & 7;
}

struct name {
    uint8_t opcode;
    const char *name;
};

static const char *find_name(const struct name *table, size_t count, uint8_t opcode)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].opcode == opcode)
            return table[i].name;
    }
    return NULL;
}

static const char *forbidden_one_byte(uint8_t opcode, uint8_t modrm)
{
    static const struct name table[] = {
        {0x6c, "INS"},  {0x6d, "INS"},     {0x6e, "OUTS"},
        {0x6f, "OUTS"}, {0xca, "far RET"}, {0xcb, "far RET"},
        {0xcd, "INT"},  {0xcf, "IRET"},    {0xe4, "IN"},
        {0xe5, "IN"},   {0xe6, "OUT"},     {0xe7, "OUT"},
        {0xec, "IN"},   {0xed, "IN"},      {0xee, "OUT"},
        {0xef, "OUT"},  {0xf1, "INT1"},    {0xf4, "HLT"},
        {0xfa, "CLI"},  {0xfb, "STI"},     {0x8e, "MOV to a segment register"},
    };
    if (opcode == 0xff && (reg_of(modrm) == 3 || reg_of(modrm) == 5))
        return "far CALL or JMP";
    return find_name(table, sizeof table / sizeof table[0], opcode);
}

/* 0F 01: most of it belongs to operating systems and hypervisors. */
static const char *forbidden_0f01(uint8_t modrm)
{
    switch (modrm) {
    case 0xd0: /* XGETBV */
    case 0xd5: /* XEND */
    case 0xd6: /* XTEST */
    case 0xd7: /* ENCLU */
    case 0xee: /* RDPKRU */
    case 0xef: /* WRPKRU */
        return NULL;
    case 0xf9:
        return "RDTSCP";
    default:
        return "system instruction 0F 01";
    }
}

static const char *forbidden_two_byte(uint8_t opcode, uint8_t modrm)
{
    static const struct name table[] = {
        {0x05, "SYSCALL"}, {0x06, "CLTS"},     {0x07, "SYSRET"},  {0x08, "INVD"},
        {0x09, "WBINVD"},  {0x20, "MOV CR"},   {0x21, "MOV DR"},  {0x22, "MOV CR"},
        {0x23, "MOV DR"},  {0x30, "WRMSR"},    {0x31, "RDTSC"},   {0x32, "RDMSR"},
        {0x33, "RDPMC"},   {0x34, "SYSENTER"}, {0x35, "SYSEXIT"}, {0x37, "GETSEC"},
        {0x78, "VMREAD"},  {0x79, "VMWRITE"},  {0xa1, "POP FS"},  {0xa2, "CPUID"},
        {0xa9, "POP GS"},  {0xaa, "RSM"},      {0xb2, "LSS"},     {0xb4, "LFS"},
        {0xb5, "LGS"},
    };
    if (opcode == 0x00)
        return reg_of(modrm) <= 3 ? "SLDT, STR, LLDT or LTR" : NULL;
    if (opcode == 0x01)
        return forbidden_0f01(modrm);
    return find_name(table, sizeof table / sizeof table[0], opcode);
}

/* SDM 2.1.5, with 64-bit addressing. Steps over SIB and displacement. */
static void skip_memory(struct state *s)
{
    uint8_t mod = s->modrm >> 6;
    uint8_t rm = s->modrm & 7;
    bool no_base = mod == 0 && rm == 5; /* RIP and 32 bits */
    if (mod == 3)
        return;
    if (rm == 4) {
        uint8_t sib = kc_reader_u8(&s->r);
        no_base = mod == 0 && (sib & 7) == 5;
    }
    if (mod == 1)
        kc_reader_skip(&s->r, 1);
    else if (mod == 2 || no_base)
        kc_reader_skip(&s->r, 4);
}

static void read_modrm(struct state *s)
{
    s->modrm = kc_reader_u8(&s->r);
    /* MOV CR and MOV DR ignore mod: always registers. */
    if (s->map != MAP_0F || s->vector || s->opcode < 0x20 || s->opcode > 0x23)
        skip_memory(s);
}

static size_t operand_size(const struct state *s)
{
    return s->operand16 && !s->wide ? 2 : 4;
}

static size_t immediate_size(const struct state *s, char kind)
{
    switch (kind) {
    case 'b':
    case 'm':
        return 1;
    case 'w':
        return 2;
    case 'e':
        return 3;
    case 'z':
    case 'Z':
        return operand_size(s);
    case 'v':
        return s->wide ? 8 : operand_size(s);
    case 'o':
        return s->address32 ? 4 : 8;
    case 'g':
        return reg_of(s->modrm) <= 1 ? 1 : 0;
    case 'G':
        return reg_of(s->modrm) <= 1 ? operand_size(s) : 0;
    default:
        return 0;
    }
}

static void read_operands(struct state *s, char kind, struct kc_x86 *out)
{
    switch (kind) {
    case 'M':
    case 'm':
    case 'Z':
    case 'g':
    case 'G':
        read_modrm(s);
        break;
    case 'j':
        out->branches = true;
        out->displacement = (int8_t)kc_reader_u8(&s->r);
        break;
    case 'J':
        out->branches = true;
        out->displacement = (int32_t)kc_reader_u32(&s->r);
        break;
    case 'p':
    case 'R':
    case '>':
    case 'x':
        kc_reader_fail(&s->r);
        break;
    default:
        break;
    }
    kc_reader_skip(&s->r, immediate_size(s, kind));
}

/* Legacy prefixes, then REX (SDM 2.2.1: REX counts only right before the opcode). */
static void read_prefixes(struct state *s)
{
    s->opcode = kc_reader_u8(&s->r);
    while (one_byte[s->opcode] == 'p' && !kc_reader_failed(&s->r)) {
        s->operand16 |= s->opcode == 0x66;
        s->address32 |= s->opcode == 0x67;
        s->opcode = kc_reader_u8(&s->r);
    }
    if (one_byte[s->opcode] == 'R') {
        s->wide = (s->opcode & 8) != 0;
        s->opcode = kc_reader_u8(&s->r);
    }
}

/* VEX (C5, C4), EVEX (62) and XOP (8F): the map stands in the prefix. What follows has a ModRM and,
 * by the same opcodes as without the prefix, an imm8; VZEROUPPER alone has nothing. */
static void read_vector(struct state *s, struct kc_x86 *out)
{
    uint8_t prefix = s->opcode;
    uint8_t map = 1;
    s->vector = true;
    if (prefix == 0xc4 || prefix == 0x8f)
        map = kc_reader_u8(&s->r) & 0x1f;
    else if (prefix == 0x62)
        map = kc_reader_u8(&s->r) & 7;
    kc_reader_skip(&s->r, prefix == 0x62 ? 2 : 1);
    s->opcode = kc_reader_u8(&s->r);
    char kind = 'M';
    if (map == 1) {
        s->map = MAP_0F;
        kind = two_byte[s->opcode];
        if (kind != 'm' && s->opcode != 0x77)
            kind = 'M';
    } else if (prefix == 0x8f) {
        s->map = MAP_0F38;
        kind = map == 8 ? 'm' : map == 9 ? 'M' : 'x';
    } else if (map == 2 || (prefix == 0x62 && (map == 5 || map == 6))) {
        s->map = MAP_0F38;
    } else if (map == 3) {
        s->map = MAP_0F3A;
        kind = 'm';
    } else {
        kind = 'x';
    }
    read_operands(s, kind, out);
}

/* XOP, of AMD's processors, looks like POP with a map of 8 or more; libcrypto has some. */
static bool is_xop(const struct state *s)
{
    return s->opcode == 0x8f && s->r.left > 0 && (s->r.ptr[0] & 0x1f) >= 8;
}

static void read_escape(struct state *s, struct kc_x86 *out)
{
    if (s->opcode != 0x0f) {
        read_vector(s, out);
        return;
    }
    s->map = MAP_0F;
    s->opcode = kc_reader_u8(&s->r);
    if (s->opcode == 0x38 || s->opcode == 0x3a) {
        s->map = s->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
        s->opcode = kc_reader_u8(&s->r);
        read_operands(s, s->map == MAP_0F38 ? 'M' : 'm', out);
        return;
    }
    read_operands(s, two_byte[s->opcode], out);
}

static void judge(const struct state *s, struct kc_x86 *out)
{
    if (s->vector)
        return;
    if (s->map == MAP_ONE) {
        uint8_t op = s->opcode;
        out->forbidden = forbidden_one_byte(op, s->modrm);
        out->stops = op == 0xc2 || op == 0xc3 || op == 0xe9 || op == 0xeb || op == 0xcc ||
                     (op == 0xff && reg_of(s->modrm) == 4);
    } else if (s->map == MAP_0F) {
        out->forbidden = forbidden_two_byte(s->opcode, s->modrm);
        out->stops = s->opcode == 0x0b; /* UD2 */
    }
}

bool kc_x86_decode(struct kc_bytes code, struct kc_x86 *out)
{
    const size_t longest = 15;
    struct kc_x86 found = {0};
    if (code.len > longest)
        code.len = longest;
    struct state s = {.r = kc_reader_of(code)};
    read_prefixes(&s);
    if (one_byte[s.opcode] == '>' || is_xop(&s))
        read_escape(&s, &found);
    else
        read_operands(&s, one_byte[s.opcode], &found);
    if (kc_reader_failed(&s.r))
        return false;
    found.length = s.r.at;
    judge(&s, &found);
    *out = found;
    return true;
}
