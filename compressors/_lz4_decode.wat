;; Decoder of LZ4 blocks, as decodeLz4Block in _lz4_block.ts, which tells what is wrong with damaged
;; ones. Most sequences are short, so these go without loops: 16 bytes of literals and 18 of a match
;; are copied, however many are meant. Assembled it is in _lz4_wasm.ts; lz4_wasm_test.ts compares.
;;
;; decode(from, end, to, limit, floor): the block from $from up to $end goes to $to, at most up to
;; $limit; matches may refer to what is there from $floor on. Returns the output's end, or -1 for a
;; damaged block. 32 bytes behind $end and $limit are read and written too.
(module
  (memory (export "memory") 1)
  (func $decode (export "decode")
    (param $from i32) (param $end i32) (param $to i32) (param $limit i32) (param $floor i32)
    (result i32)
    (local $shortFrom i32) (local $shortTo i32) (local $literals i32) (local $length i32)
    (local $offset i32) (local $match i32) (local $byte i32) (local $stop i32)
    ;; up to here a sequence without further bytes for its lengths stays inside of the block
    (local.set $shortFrom (i32.sub (local.get $end) (i32.const 17)))
    (local.set $shortTo (i32.sub (local.get $limit) (i32.const 32)))
    (loop $sequence
      (if (i32.ge_s (local.get $from) (local.get $end)) (then (return (i32.const -1))))
      (local.set $byte (i32.load8_u (local.get $from)))
      (local.set $literals (i32.shr_u (local.get $byte) (i32.const 4)))
      (local.set $length (i32.and (local.get $byte) (i32.const 15)))
      (block $match
        (block $long
          (br_if $long (i32.eq (local.get $literals) (i32.const 15)))
          (br_if $long (i32.gt_s (local.get $from) (local.get $shortFrom)))
          (br_if $long (i32.gt_s (local.get $to) (local.get $shortTo)))
          (v128.store (local.get $to) (v128.load offset=1 (local.get $from)))
          (local.set $from (i32.add (local.get $from) (local.get $literals)))
          (local.set $to (i32.add (local.get $to) (local.get $literals)))
          (local.set $offset (i32.load16_u offset=1 (local.get $from)))
          (local.set $from (i32.add (local.get $from) (i32.const 3)))
          (local.set $match (i32.sub (local.get $to) (local.get $offset)))
          (br_if $match (i32.eq (local.get $length) (i32.const 15)))
          (br_if $match (i32.lt_u (local.get $offset) (i32.const 8)))
          (br_if $match (i32.lt_s (local.get $match) (local.get $floor)))
          ;; word by word: the match may overlap what is written
          (i64.store (local.get $to) (i64.load (local.get $match)))
          (i64.store offset=8 (local.get $to) (i64.load offset=8 (local.get $match)))
          (i32.store16 offset=16 (local.get $to) (i32.load16_u offset=16 (local.get $match)))
          (local.set $to (i32.add (local.get $to) (i32.add (local.get $length) (i32.const 4))))
          (br $sequence))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (if (i32.eq (local.get $literals) (i32.const 15))
          (then (loop $more
            (if (i32.ge_s (local.get $from) (local.get $end)) (then (return (i32.const -1))))
            (local.set $byte (i32.load8_u (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $literals (i32.add (local.get $literals) (local.get $byte)))
            (br_if $more (i32.eq (local.get $byte) (i32.const 255))))))
        (if (i32.gt_s (local.get $literals) (i32.sub (local.get $end) (local.get $from)))
          (then (return (i32.const -1))))
        (if (i32.gt_s (local.get $literals) (i32.sub (local.get $limit) (local.get $to)))
          (then (return (i32.const -1))))
        (local.set $stop (i32.add (local.get $from) (local.get $literals)))
        (if (i32.lt_u (local.get $literals) (i32.const 256))
          (then
            (local.set $match (local.get $to))
            (loop $copy
              (v128.store (local.get $match) (v128.load (local.get $from)))
              (local.set $match (i32.add (local.get $match) (i32.const 16)))
              (local.set $from (i32.add (local.get $from) (i32.const 16)))
              (br_if $copy (i32.lt_s (local.get $from) (local.get $stop)))))
          (else
            (memory.copy (local.get $to) (local.get $from) (local.get $literals))))
        (local.set $to (i32.add (local.get $to) (local.get $literals)))
        (local.set $from (local.get $stop))
        ;; the last sequence has no match
        (if (i32.eq (local.get $from) (local.get $end)) (then (return (local.get $to))))
        (if (i32.gt_s (i32.add (local.get $from) (i32.const 2)) (local.get $end))
          (then (return (i32.const -1))))
        (local.set $offset (i32.load16_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 2)))
        (local.set $match (i32.sub (local.get $to) (local.get $offset))))
      (if (i32.eq (local.get $length) (i32.const 15))
        (then (loop $more
          (if (i32.ge_s (local.get $from) (local.get $end)) (then (return (i32.const -1))))
          (local.set $byte (i32.load8_u (local.get $from)))
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (local.set $length (i32.add (local.get $length) (local.get $byte)))
          (br_if $more (i32.eq (local.get $byte) (i32.const 255))))))
      (local.set $length (i32.add (local.get $length) (i32.const 4)))
      (if (i32.gt_s (local.get $length) (i32.sub (local.get $limit) (local.get $to)))
        (then (return (i32.const -1))))
      (if (i32.lt_s (local.get $match) (local.get $floor)) (then (return (i32.const -1))))
      (if (i32.eqz (local.get $offset)) (then (return (i32.const -1))))
      (local.set $stop (i32.add (local.get $to) (local.get $length)))
      (if (i32.lt_u (local.get $offset) (i32.const 8))
        (then
          ;; eight bytes one by one; then the same bytes are at a multiple of the offset as well
          (loop $copy
            (i32.store8 (local.get $to) (i32.load8_u (local.get $match)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $match (i32.add (local.get $match) (i32.const 1)))
            (br_if $copy (i32.lt_s
              (local.get $to)
              (i32.sub (local.get $stop) (i32.sub (local.get $length) (i32.const 8))))))
          (loop $further
            (local.set $match (i32.sub (local.get $match) (local.get $offset)))
            (br_if $further (i32.lt_s
              (i32.sub (local.get $to) (local.get $match))
              (i32.const 8))))))
      (if (i32.lt_s (local.get $to) (local.get $stop))
        (then (if (i32.lt_s (i32.sub (local.get $to) (local.get $match)) (i32.const 16))
          (then (loop $copy
            (i64.store (local.get $to) (i64.load (local.get $match)))
            (local.set $to (i32.add (local.get $to) (i32.const 8)))
            (local.set $match (i32.add (local.get $match) (i32.const 8)))
            (br_if $copy (i32.lt_s (local.get $to) (local.get $stop)))))
          (else (loop $copy
            (v128.store (local.get $to) (v128.load (local.get $match)))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (local.set $match (i32.add (local.get $match) (i32.const 16)))
            (br_if $copy (i32.lt_s (local.get $to) (local.get $stop))))))))
      (local.set $to (local.get $stop))
      (br $sequence))
    (i32.const -1)))
