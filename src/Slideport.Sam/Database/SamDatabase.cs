using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Protocol.Slides;

namespace Slideport.Sam.Database;

/// <summary>SAM's database (flow F4): plain tables, keys and indexes, the same on SQLite, PostgreSQL and SQL Server.</summary>
/// <remarks>One subclass per provider, because each has its own migrations; no query may know which one it runs on.</remarks>
internal abstract class SamDatabase(DbContextOptions options) : DbContext(options)
{
    public DbSet<Scanner> Scanners => Set<Scanner>();

    public DbSet<Enrolment> Enrolments => Set<Enrolment>();

    public DbSet<HeldCertificate> Certificates => Set<HeldCertificate>();

    public DbSet<ConfigurationChange> ConfigurationChanges => Set<ConfigurationChange>();

    public DbSet<Image> Images => Set<Image>();

    public DbSet<Slide> Slides => Set<Slide>();

    public DbSet<AskedOfSlide> AskedOfSlides => Set<AskedOfSlide>();

    public DbSet<LoggedEvent> Events => Set<LoggedEvent>();

    public DbSet<OpenEvent> OpenEvents => Set<OpenEvent>();

    public DbSet<ChangeCounter> ChangeCounters => Set<ChangeCounter>();

    public DbSet<ConverterReport> ConverterReports => Set<ConverterReport>();

    public DbSet<ToldOpening> ToldOpenings => Set<ToldOpening>();

    public DbSet<NodeReport> NodeReports => Set<NodeReport>();

    public DbSet<LeaseRow> Leases => Set<LeaseRow>();

    public DbSet<ScannerHour> ScannerHours => Set<ScannerHour>();

    public DbSet<Alert> Alerts => Set<Alert>();

    public DbSet<Notification> Notifications => Set<Notification>();

    public DbSet<OutboxMessage> Outbox => Set<OutboxMessage>();

    public DbSet<AuditEntry> Audit => Set<AuditEntry>();

    public DbSet<User> Users => Set<User>();

    public DbSet<FormerPassword> FormerPasswords => Set<FormerPassword>();

    public DbSet<RecoveryCode> RecoveryCodes => Set<RecoveryCode>();

    public DbSet<Passkey> Passkeys => Set<Passkey>();

    public DbSet<PasskeyCeremony> PasskeyCeremonies => Set<PasskeyCeremony>();

    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<Pin> Pins => Set<Pin>();

    public DbSet<PinFailure> PinFailures => Set<PinFailure>();

    public DbSet<SupportPeriod> SupportPeriods => Set<SupportPeriod>();

    public DbSet<FirstAdminToken> FirstAdminTokens => Set<FirstAdminToken>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<InstantConverter>();
        configurationBuilder.Properties<string>().HaveMaxLength(400);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        BuildSlides(modelBuilder);
        BuildAlerts(modelBuilder);
        BuildNodes(modelBuilder);
        UserTables.Build(modelBuilder);
        EventTables.Build(modelBuilder);
        modelBuilder.Entity<Scanner>(scanner =>
        {
            scanner.HasIndex(s => s.SerialNumber).IsUnique();
            scanner.Property(s => s.SerialNumber).HasMaxLength(64);
            scanner.Property(s => s.Status).HasMaxLength(4000);
        });
        modelBuilder.Entity<Enrolment>(enrolment =>
        {
            enrolment.HasIndex(e => e.CodeHash).IsUnique();
            enrolment.Property(e => e.CodeHash).HasMaxLength(64);
            enrolment.Property(e => e.KeyHash).HasMaxLength(64);
            enrolment.Property(e => e.Certificate).HasMaxLength(4000);
        });
        modelBuilder.Entity<HeldCertificate>(certificate =>
        {
            certificate.HasKey(c => c.Thumbprint);
            certificate.Property(c => c.Thumbprint).HasMaxLength(64);
            certificate.HasIndex(c => c.Holder);
        });
        modelBuilder.Entity<ConfigurationChange>(change =>
        {
            change.HasKey(c => c.Version);
            change.Property(c => c.Version).ValueGeneratedNever();
            change.Property(c => c.Document).HasMaxLength(-1);
            change.HasIndex(c => new { c.Scope, c.Version });
        });
        modelBuilder.Entity<Image>(image =>
        {
            image.HasIndex(i => new { i.ScannerId, i.ImageId }).IsUnique();
            image.HasIndex(i => i.SeriesInstanceUid);
            image.HasIndex(i => i.ReceivedAt);
            image.Property(i => i.ImageId).HasMaxLength(64);
            image.Property(i => i.Metadata).HasMaxLength(-1);
            image.Property(i => i.Hash).HasMaxLength(64);
            image.HasOne<Scanner>().WithMany().HasForeignKey(i => i.ScannerId).OnDelete(DeleteBehavior.Restrict);
        });
        modelBuilder.Entity<OutboxMessage>(message =>
        {
            message.Property(m => m.Body).HasMaxLength(-1);
            message.HasIndex(m => new { m.Subject, m.Id });
            message.HasIndex(m => m.NotBefore);
        });
        modelBuilder.Entity<AuditEntry>(entry =>
        {
            entry.HasKey(e => e.Sequence);
            entry.Property(e => e.Sequence).ValueGeneratedNever();
            entry.Property(e => e.Before).HasMaxLength(-1);
            entry.Property(e => e.After).HasMaxLength(-1);
            entry.Property(e => e.Hash).HasMaxLength(64);
            entry.Property(e => e.PreviousHash).HasMaxLength(64);
            entry.HasIndex(e => e.At);
        });
    }

    private static void BuildSlides(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Slide>(slide =>
        {
            slide.HasIndex(s => new { s.Converter, s.Name }).IsUnique();
            slide.HasIndex(s => s.SeriesInstanceUid);
            slide.HasIndex(s => new { s.Stage, s.UpdatedAt });
            slide.HasIndex(s => s.UpdatedAt);
            slide.HasIndex(s => s.ReceivedAt);
            slide.HasIndex(s => s.WaitingSince);
            slide.HasIndex(s => s.Change).IsUnique();
            slide.Property(s => s.Name).HasMaxLength(64);
            slide.Property(s => s.Stage).HasConversion<string>().HasMaxLength(20);
            slide.Property(s => s.Reason).HasMaxLength(1000);
            slide.Property(s => s.Sha256).HasMaxLength(64);
            slide.Property(s => s.Location).HasMaxLength(400);
        });
        modelBuilder.Entity<AskedOfSlide>(asked =>
        {
            asked.Property(a => a.Id).ValueGeneratedNever();
            asked.HasIndex(a => new { a.Converter, a.AnsweredAt });
            asked.HasIndex(a => a.Slide);
            asked.HasIndex(a => a.AskedAt);
            asked.Property(a => a.Slide).HasMaxLength(64);
            asked.Property(a => a.Action).HasConversion<string>().HasMaxLength(20);
            asked.Property(a => a.Destination).HasMaxLength(64);
            asked.Property(a => a.Result).HasConversion<string>().HasMaxLength(20);
            asked.Property(a => a.Answer).HasMaxLength(SlideAnswer.MaxTextChars);
        });
        modelBuilder.Entity<ToldOpening>(opening =>
        {
            opening.HasKey(o => new { o.Teller, o.OpeningId });
            opening.HasIndex(o => o.At);
            opening.Property(o => o.Teller).HasMaxLength(100);
            opening.Property(o => o.OpeningId).HasMaxLength(64);
        });
        modelBuilder.Entity<ScannerHour>(hour =>
        {
            hour.HasKey(h => new { h.ScannerId, h.Hour });
            hour.HasIndex(h => h.Hour);
            hour.Property(h => h.Changes).IsConcurrencyToken();
            hour.HasOne<Scanner>().WithMany().HasForeignKey(h => h.ScannerId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static void BuildAlerts(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Alert>(alert =>
        {
            alert.HasIndex(a => new { a.ClearedAt, a.Since });
            alert.Property(a => a.Kind).HasMaxLength(64);
            alert.Property(a => a.Text).HasMaxLength(1000);
        });
        modelBuilder.Entity<Notification>(notification =>
        {
            notification.HasIndex(n => n.NotBefore);
            notification.Property(n => n.Channel).HasMaxLength(20);
            notification.Property(n => n.Body).HasMaxLength(-1);
        });
    }

    private static void BuildNodes(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<LeaseRow>(lease =>
        {
            lease.ToTable("Leases");
            lease.HasKey(l => l.Name);
            lease.Property(l => l.Name).HasMaxLength(64);
        });
        modelBuilder.Entity<NodeReport>(report =>
        {
            report.HasKey(r => r.Node);
            report.Property(r => r.Node).HasMaxLength(300);
            report.Property(r => r.Problems).HasMaxLength(-1);
        });
        modelBuilder.Entity<ConverterReport>(report =>
        {
            report.HasKey(r => r.Converter);
            report.Property(r => r.Converter).HasMaxLength(64);
            report.Property(r => r.Health).HasMaxLength(-1);
        });
    }
}

/// <summary>SAM's database in one SQLite file.</summary>
internal sealed class SqliteSamDatabase(DbContextOptions<SqliteSamDatabase> options) : SamDatabase(options);

/// <summary>SAM's database on PostgreSQL.</summary>
internal sealed class PostgreSqlSamDatabase(DbContextOptions<PostgreSqlSamDatabase> options) : SamDatabase(options);

/// <summary>SAM's database on SQL Server.</summary>
internal sealed class SqlServerSamDatabase(DbContextOptions<SqlServerSamDatabase> options) : SamDatabase(options)
{
    // As the other two do it: ids that differ only in case are two.
    private const string Binary = "Latin1_General_100_BIN2";

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<string>().UseCollation(Binary);
    }
}
