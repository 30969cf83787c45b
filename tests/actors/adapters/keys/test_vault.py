import shutil
import stat
import threading
import traceback
from pathlib import Path

import gevent
import gevent.event
import pytest
from gevent.threadpool import ThreadPool

from actors.adapters.keys import addresses, sealed
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.vault import ADDRESSES, KEYSTORE, Vault
from core.errors import Refused
from core.types import Role

PASSPHRASE = Secret("correct horse battery")
WRONG = Secret("another one that is wrong")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, ThreadPool(1))


def test_a_keystore_that_was_made_opens_and_its_addresses_stand_beside_it(vault: Vault) -> None:
    words = sealed.new_words()
    listed = vault.create(words, PASSPHRASE, "cheap")

    signer = vault.open(PASSPHRASE)

    assert vault.addresses() == listed
    assert listed.of(0) == signer.addresses(0)
    assert listed.of(16)[Role.TACTICAL_EXIT] == signer.address(16, Role.TACTICAL_EXIT)
    with pytest.raises(Refused, match="generation 17"):
        listed.of(17)


def test_both_files_are_their_owners_alone_whatever_the_umask(vault: Vault) -> None:
    vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    for path in (vault.path, vault.addresses_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_keystore_that_others_may_read_is_refused_with_the_command_that_mends_it(vault: Vault, mode: int) -> None:
    vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    vault.path.chmod(mode)
    with pytest.raises(Refused, match=f"mode {mode:04o}.*chmod 600 {vault.path}"):
        vault.open(PASSPHRASE)


def test_a_keystore_is_never_overwritten(vault: Vault, tmp_path: Path) -> None:
    vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    before = vault.path.read_bytes()
    for make in (
        lambda: vault.create(sealed.new_words(), PASSPHRASE, "cheap"),
        lambda: vault.adopt(vault.path, PASSPHRASE),
    ):
        with pytest.raises(Refused, match="never overwritten"):
            make()
    assert vault.path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEYSTORE, ADDRESSES]


def test_without_a_keystore_the_refusal_says_how_to_make_one(vault: Vault) -> None:
    for look in (lambda: vault.open(PASSPHRASE), vault.addresses, vault.is_cheap):
        with pytest.raises(Refused, match="wallets init"):
            look()


def test_a_wrong_passphrase_shows_neither_itself_nor_anything_else(vault: Vault) -> None:
    vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    with pytest.raises(Refused, match=r"^wrong passphrase for .*keystore.json$") as refused:
        vault.open(WRONG)
    shown = "".join(traceback.TracebackException.from_exception(refused.value, capture_locals=True).format())
    assert "passphrase = ***" in shown
    assert WRONG.reveal() not in shown
    assert PASSPHRASE.reveal() not in shown
    assert refused.value.__cause__ is None


def test_its_list_of_addresses_is_made_anew_when_it_was_altered_or_lost(vault: Vault) -> None:
    listed = vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    other = Vault(vault.path.parent / "other", ThreadPool(1))
    other.path.parent.mkdir()
    foreign = other.create(sealed.new_words(), PASSPHRASE, "cheap")

    addresses.write(vault.addresses_path, foreign)
    vault.open(PASSPHRASE)
    assert vault.addresses() == listed

    for damage in (b"", b"{}", vault.addresses_path.read_bytes()[:-9]):
        vault.addresses_path.write_bytes(damage)
        with pytest.raises(Refused, match="damaged"):
            vault.addresses()
        vault.open(PASSPHRASE)
        assert vault.addresses() == listed

    vault.addresses_path.unlink()
    vault.open(PASSPHRASE)
    assert vault.addresses() == listed


def test_the_list_grows_with_the_generations(vault: Vault) -> None:
    vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    signer = vault.open(PASSPHRASE, generation=20)
    assert vault.addresses().of(36) == signer.addresses(36)
    vault.open(PASSPHRASE)
    assert vault.addresses().generation == 20


def test_the_words_alone_restore_every_key_on_a_fresh_machine(vault: Vault, tmp_path: Path) -> None:
    words = sealed.new_words()
    vault.create(words, PASSPHRASE, "cheap")
    here = vault.open(PASSPHRASE)

    fresh = Vault(tmp_path / "fresh", ThreadPool(1))
    fresh.path.parent.mkdir()
    fresh.create(sealed.checked_words(Secret(words.reveal())), Secret("quite another one"), "cheap", lambda _: 5)

    there = fresh.open(Secret("quite another one"))
    assert [there.addresses(number) for number in range(7)] == [here.addresses(number) for number in range(7)]
    assert fresh.addresses().generation == 5


def test_a_backup_is_the_encrypted_file_and_restores_elsewhere(vault: Vault, tmp_path: Path) -> None:
    vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    backup = tmp_path / "backup.json"
    checksum = vault.export(backup)
    assert len(checksum) == 64
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600

    other = Vault(tmp_path / "other", ThreadPool(1))
    other.path.parent.mkdir()
    with pytest.raises(Refused, match="wrong passphrase"):
        other.adopt(backup, Secret("not the right one"))
    assert not other.exists()
    other.adopt(backup, PASSPHRASE)
    assert other.open(PASSPHRASE).addresses(0) == vault.open(PASSPHRASE).addresses(0)

    with pytest.raises(Refused, match="exists already"):
        vault.export(backup)


def test_a_damaged_backup_is_refused(vault: Vault, tmp_path: Path) -> None:
    vault.create(sealed.new_words(), PASSPHRASE, "cheap")
    backup = tmp_path / "backup.json"
    vault.export(backup)
    content = backup.read_bytes()
    backup.write_bytes(content.replace(b'"box": "', b'"box": "0', 1))
    other = Vault(tmp_path / "other", ThreadPool(1))
    other.path.parent.mkdir()
    with pytest.raises(Refused, match="damaged"):
        other.adopt(backup, PASSPHRASE)
    assert not other.exists()


def test_a_disk_that_does_not_take_it_leaves_nothing_and_says_so(vault: Vault, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    with pytest.raises(Refused, match="cannot be written: No such file"):
        vault.create(sealed.new_words(), PASSPHRASE, "cheap")


def test_other_greenlets_go_on_while_argon2_computes(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    words = sealed.new_words()
    vault.create(words, PASSPHRASE, "cheap")
    hub_thread = threading.get_ident()
    release = threading.Event()
    computed_on = list[int]()
    real = sealed.opened

    def slow(content: bytes, passphrase: Secret, name: str) -> Secret:
        computed_on.append(threading.get_ident())
        ready.send()
        native_wait(release)
        return real(content, passphrase, name)

    ready = gevent.get_hub().loop.async_()
    started = gevent.event.Event()
    ready.start(started.set)
    monkeypatch.setattr(sealed, "opened", slow)
    opening = gevent.spawn(vault.open, PASSPHRASE)
    with gevent.Timeout(20):
        started.wait()  # this greenlet runs while the other one computes
        release.set()
        signer = opening.get()
    ready.stop()
    ready.close()
    assert computed_on != [hub_thread]
    assert signer.address(0, Role.LIGHTNING)


def native_wait(event: threading.Event) -> None:
    """Wait in a native thread: patched locks belong to the hub's thread, so look until it is so."""
    from gevent.monkey import get_original

    sleep = get_original("time", "sleep")
    while not event.is_set():
        sleep(0.001)
