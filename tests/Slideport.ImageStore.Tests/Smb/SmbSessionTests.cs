using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>Processes that do not do what the one that speaks with a share is there for.</summary>
public sealed class SmbSessionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-session-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_program_that_cannot_be_started_is_named()
    {
        using var store = Store(new SmbProgram(Path.Join(_folder, "none"), []));

        var problem = await Assert.ThrowsAsync<IOException>(async () => await store.CheckAsync(null, Cancel));

        Assert.Contains("none', which is to speak with the share, cannot be started", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_ends_by_itself_is_told_from_a_server_that_is_silent()
    {
        using var store = Store("echo 'Cannot go on.' >&2; exit 3");

        var problem = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(null, Cancel));

        Assert.Equal("'smb://server/slides': the process that speaks with it has ended by itself (exit code 3: Cannot go on); deliveries wait.", problem.Message);
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("Grün\"es")] // as JSON writes it, too
    public async Task Its_last_words_are_not_repeated_with_the_password_in_them(string password)
    {
        using var store = Store("read -r line; printf '%s\\n' \"$line\" >&2; exit 3", password);

        var problem = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(null, Cancel));

        Assert.Contains("(exit code 3)", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SmbOutcome.Done, "held")] // it says that it has replaced
    [InlineData(SmbOutcome.Taken, "other")] // it says that it has not
    public async Task A_library_that_replaces_what_has_the_name_is_not_used(object renamed, string left)
    {
        var (rename, read) = ((int)SmbOperation.Rename, Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(left)));
        using var store = Store($$$"""while read -r line; do case "$line" in *'"Do":{{{rename}}},'*) echo '{"Outcome":{{{(int)renamed}}}}';; *) echo '{"Outcome":0,"Contents":"{{{read}}}"}';; esac; done""");

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.TryAsync(StoreTrial.Small, Cancel));

        Assert.Equal(ImageStoreFailure.Refused, refused.Failure);
        Assert.Contains("this machine's version of libsmbclient replaces files", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SmbOutcome.Different, 5)]
    [InlineData(SmbOutcome.Done, 4)] // every byte that was asked for was good, but the file is another
    public async Task What_does_not_read_back_the_same_is_not_delivered(object compared, int bytes)
    {
        using var store = Store($$$"""while read -r line; do case "$line" in *'"Do":{{{(int)SmbOperation.Compare}}},'*) echo '{"Outcome":{{{(int)compared}}}}';; *) echo '{"Outcome":0,"Bytes":{{{bytes}}}}';; esac; done""");
        var delivery = store.Begin("k1");
        await File.WriteAllTextAsync(delivery.PartPath, "slide", Cancel);

        var problem = await Assert.ThrowsAsync<IOException>(async () => await delivery.FlushAsync(Cancel));

        Assert.Contains("does not read back the same", problem.Message, StringComparison.Ordinal);
    }

    private SmbImageStore Store(string script, string password = "secret") => Store(new SmbProgram("/bin/sh", ["-c", script]), password);

    private SmbImageStore Store(SmbProgram program, string password = "secret")
    {
        var credentials = Path.Join(_folder, "credentials");
        File.WriteAllText(credentials, new SmbCredentials("user", password).ToFile());
        File.SetUnixFileMode(credentials, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new SmbImageStore(new SmbLocation("server", 445, "slides", ""), new SmbSurroundings(Path.Join(_folder, "work"), credentials, program));
    }
}
