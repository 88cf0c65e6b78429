package fleet

func bankBugs() []*Bug {
	return append(bankJVM(), bankApple()...)
}

func bankJVM() []*Bug {
	const p = "com.acme.bank."
	return []*Bug{
		{
			Name: "transfer", Kind: KindCrash, Weight: 44, Flow: flowTransfer,
			Type: "java.lang.ArithmeticException", Message: "Rounding necessary",
			Frames: []string{
				"java.math.BigDecimal.divideAndRound(BigDecimal.java:4290)",
				"java.math.BigDecimal.setScale(BigDecimal.java:2887)",
				p + "transfer.Amount.scaled(Amount.kt:{33})",
				p + "transfer.TransferForm.validate(TransferForm.kt:{120})",
				p + "transfer.TransferForm.submit(TransferForm.kt:{98})",
				p + "transfer.TransferActivity.onConfirm(TransferActivity.kt:{64})",
				p + "transfer.TransferActivity$$ExternalSyntheticLambda{l}.onClick(D8$$SyntheticClass:0)",
			},
		},
		{
			Name: "biometrics", Kind: KindCrash, Weight: 60, OS: "14",
			Type: "java.lang.IllegalStateException", Message: "Key {id} permanently invalidated",
			Frames: []string{
				p + "login.BiometricVault.unlock(BiometricVault.kt:{75})",
				p + "login.BiometricVault.open(BiometricVault.kt:{52})",
				p + "login.LoginPresenter.onAuthenticated(LoginPresenter.kt:{110})",
				p + "login.$Proxy{p}.onAuthenticated(Unknown Source)",
			},
			Entry: EntryLoop,
		},
		{
			Name: "statement", Kind: KindCrash, Weight: 24, Releases: []int{1, 2},
			Type: "java.lang.RuntimeException", Message: "Statement {id} could not be rendered",
			Frames: []string{
				p + "statement.StatementWorker.render(StatementWorker.kt:{81})",
				p + "statement.StatementWorker.doWork(StatementWorker.kt:{40})",
			},
			Cause: &Cause{
				Type: "java.io.EOFException", Message: "source exhausted prematurely",
				Frames: []string{
					p + "statement.PdfReader.require(PdfReader.kt:{211})",
					p + "statement.PdfReader.readTable(PdfReader.kt:{164})",
					p + "statement.PdfReader.readPage(PdfReader.kt:{120})",
					p + "statement.PdfReader.open(PdfReader.kt:{58})",
					p + "statement.PdfRenderer.pages(PdfRenderer.kt:{33})",
				},
			},
			Entry: EntryPool,
		},
		{
			Name: "ledger on the main thread", Kind: KindANR, Weight: 1,
			Frames: []string{
				"android.database.sqlite.SQLiteConnection.nativeExecuteForCursorWindow(Native Method)",
				"android.database.sqlite.SQLiteConnection.executeForCursorWindow(SQLiteConnection.java:1083)",
				p + "ledger.LedgerDao.postings(LedgerDao.kt:{64})",
				p + "ledger.LedgerStore.load(LedgerStore.kt:{29})",
				p + "overview.OverviewActivity.onResume(OverviewActivity.kt:{58})",
			},
			Entry: EntryLoop,
		},
		{
			Name: "exchange rate", Kind: KindError, Weight: 55,
			Type: "com.acme.bank.fx.RateException", Message: "No rate for pair {id}",
			Frames: []string{
				p + "fx.RateTable.rate(RateTable.kt:{46})",
				p + "fx.RateTable.convert(RateTable.kt:{23})",
				p + "fx.FxViewModel$refresh${l}.invokeSuspend(FxViewModel.kt:{71})",
			},
			Entry: EntryCoroutine,
		},
		{
			Name: "push token", Kind: KindError, Weight: 25,
			Type: "java.io.IOException", Message: "SERVICE_NOT_AVAILABLE",
			Frames: []string{
				p + "push.PushRegistrar.register(PushRegistrar.kt:{37})",
				p + "push.PushRegistrar.refresh(PushRegistrar.kt:{22})",
				p + "BankApplication.onStart(BankApplication.kt:{51})",
			},
			Entry: EntryPool,
		},
	}
}

func bankApple() []*Bug {
	return []*Bug{
		{
			Name: "keychain", Kind: KindCrash, Language: Apple, Weight: 30,
			Type: "NSInternalInconsistencyException", Message: "Keychain item {id} has no owner",
			Frames: []string{
				"Foundation -[NSAssertionHandler handleFailureInMethod:object:file:lineNumber:description:] 188",
				"! KeychainVault.read {180}",
				"! KeychainVault.unlock {96}",
				"! LoginScreen.continue {240}",
			},
		},
		{
			Name: "posting list", Kind: KindCrash, Language: Kit, Weight: 1, OS: "18.5.0", Releases: []int{0},
			Type: "NSRangeException", Message: "*** -[NSMutableArray removeObjectAtIndex:]: index {n} beyond bounds",
			Frames: []string{
				"libsystem_kernel.dylib 38012", "libsystem_pthread.dylib 27820", "CoreFoundation 101044",
				"! 51960", "! 52404", "! 30316",
			},
		},
		{
			Name: "posting date", Kind: KindError, Language: Apple, Weight: 60,
			Type: "NSCocoaErrorDomain", Message: "The data for posting {id} isn’t in the correct format",
			Frames: []string{
				"! PostingParser.parseDate {144}",
				"! PostingParser.parse {420}",
				"! LedgerScreen.reload {264}",
			},
		},
	}
}
