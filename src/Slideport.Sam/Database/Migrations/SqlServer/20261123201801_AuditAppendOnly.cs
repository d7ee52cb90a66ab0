using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.SqlServer
{
    /// <inheritdoc />
    public partial class AuditAppendOnly : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // EXEC: CREATE TRIGGER must be alone in its batch, also in a script that asks first whether it is needed.
            migrationBuilder.Sql("EXEC(N'CREATE TRIGGER [AuditIsAppendOnly] ON [Audit] INSTEAD OF UPDATE, DELETE AS BEGIN SET NOCOUNT ON; THROW 50000, N''The audit trail is only added to.'', 1; END');");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER [AuditIsAppendOnly];");
        }
    }
}
