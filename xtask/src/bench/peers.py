"""Runs the Python peers on a folder of block files, one a process, and prints what they counted as JSON.

    peers.py index    NODE COPY   copies the block files with mainnet's magic, the only one that the peers know, and
                                  writes COPY/blocks/index, the LevelDB index that Bitcoin Core keeps beside its files
    peers.py explorer COPY        bitcoin-explorer
    peers.py parser   COPY        blockchain-parser
    peers.py clusters FILE        graphsense-clustering on the owners of each transaction's inputs
    peers.py etl      LOGS OUT    ethereum-etl's transfers of tokens, out of its own table of logs
    peers.py cryo     OUT BLOCKS URL   cryo's transfers of tokens of blocks 0 to BLOCKS, from a node

NODE and COPY are folders with `blocks/blk*.dat` in them, as a node's data folder is.
"""

import hashlib
import json
import pathlib
import struct
import sys
import time

# Validated to the end, block data present.
STATUS = 5 | 8
CLIENT_VERSION = 300000
MAINNET = bytes.fromhex("f9beb4d9")


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def compact_size(data, at):
    first = data[at]
    if first < 0xFD:
        return first
    width = {0xFD: "<H", 0xFE: "<I", 0xFF: "<Q"}[first]
    return struct.unpack_from(width, data, at + 1)[0]


def var_int(number):
    """Bitcoin Core's own base-128 form, in which every number has one encoding."""
    out = [number & 0x7F]
    while number > 0x7F:
        number = (number >> 7) - 1
        out.append((number & 0x7F) | 0x80)
    return bytes(reversed(out))


def write_index(node, copy):
    import plyvel

    (copy / "blocks").mkdir(parents=True)
    heights = {bytes(32): -1}
    database = plyvel.DB(str(copy / "blocks" / "index"), create_if_missing=True)
    for path in sorted((node / "blocks").glob("blk*.dat")):
        number = int(path.stem[3:])
        data = bytearray(path.read_bytes())
        at = 0
        while at + 8 <= len(data):
            size = struct.unpack_from("<I", data, at + 4)[0]
            data[at : at + 4] = MAINNET
            start = at + 8
            header = bytes(data[start : start + 80])
            height = heights[header[4:36]] + 1
            block = sha256d(header)
            heights[block] = height
            fields = [CLIENT_VERSION, height, STATUS, compact_size(data, start + 80), number, start]
            database.put(b"b" + block, b"".join(map(var_int, fields)) + header)
            if height and height % 4096 == 0:
                print(f"{height} blocks indexed", file=sys.stderr)
            at = start + size
        (copy / "blocks" / path.name).write_bytes(data)
        database.put(b"f" + struct.pack("<I", number), bytes(8))
    database.put(b"l", struct.pack("<I", number))
    database.close()
    return {"blocks": len(heights) - 1}


def run_explorer(node):
    import bitcoin_explorer

    database = bitcoin_explorer.BitcoinDB(str(node))
    heights = list(range(database.get_block_count()))
    blocks = txs = inputs = outputs = 0
    for block in database.get_block_iter_array(heights, simplify=True):
        blocks += 1
        for tx in block["txdata"]:
            txs += 1
            inputs += len(tx["input"])
            outputs += len(tx["output"])
    # It shows no input for a coinbase.
    return {"blocks": blocks, "txs": txs, "inputs": inputs + blocks, "outputs": outputs}


def run_parser(node):
    from blockchain_parser.blockchain import Blockchain

    blocks = txs = inputs = outputs = 0
    for block in Blockchain(str(node / "blocks")).get_unordered_blocks():
        blocks += 1
        for tx in block.transactions:
            assert tx.txid
            txs += 1
            inputs += len(tx.inputs)
            outputs += len(tx.outputs)
    return {"blocks": blocks, "txs": txs, "inputs": inputs, "outputs": outputs}


def run_clusters(path):
    """Best of three; its input, lists of Python integers, is made before the clock starts."""
    import array
    import gs_clustering

    numbers = array.array("I", path.read_bytes())
    transactions = []
    at = highest = inputs = 0
    while at < len(numbers):
        count = numbers[at]
        owners = numbers[at + 1 : at + 1 + count].tolist()
        if owners:
            transactions.append(owners)
            highest = max(highest, max(owners))
            inputs += count
        at += 1 + count
    best = None
    for _ in range(3):
        began = time.perf_counter()
        clustering = gs_clustering.Clustering(max_address_id=highest + 1)
        clustering.process_transactions(transactions)
        mapping = clustering.get_mapping()
        took = time.perf_counter() - began
        best = took if best is None else min(best, took)
    return {"inputs": inputs, "addresses": mapping.num_rows, "best": best}


def run_etl(logs, out):
    """Its own job on its own table; what is imported is imported before the clock starts."""
    import csv
    from ethereumetl.jobs.exporters.token_transfers_item_exporter import token_transfers_item_exporter
    from ethereumetl.jobs.extract_token_transfers_job import ExtractTokenTransfersJob

    began = time.process_time()
    with open(logs, newline="") as table:
        job = ExtractTokenTransfersJob(
            logs_iterable=csv.DictReader(table),
            batch_size=100,
            max_workers=1,
            item_exporter=token_transfers_item_exporter(str(out)),
        )
        job.run()
    took = time.process_time() - began
    with open(out) as written:
        transfers = sum(1 for _ in written) - 1
    return {"transfers": transfers, "cpu_seconds": took}


def run_cryo(out, blocks, url):
    import cryo

    out.mkdir(parents=True)
    cryo.freeze(
        "erc20_transfers",
        blocks=[f"0:{int(str(blocks)) + 1}"],
        rpc=str(url).replace(":/", "://", 1),
        output_dir=str(out),
        csv=True,
        no_report=True,
        no_verbose=True,
    )
    transfers = 0
    for part in out.glob("*.csv"):
        with open(part) as written:
            transfers += sum(1 for _ in written) - 1
    return {"transfers": transfers}


def main():
    tasks = {
        "cryo": run_cryo,
        "index": write_index,
        "explorer": run_explorer,
        "parser": run_parser,
        "clusters": run_clusters,
        "etl": run_etl,
    }
    task = tasks[sys.argv[1]]
    began = time.perf_counter()
    result = task(*map(pathlib.Path, sys.argv[2:]))
    result["seconds"] = time.perf_counter() - began
    print(json.dumps(result))


main()
